"""What runs by itself: steps that look for work, each at its own pace."""
