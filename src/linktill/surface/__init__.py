"""What all doors share: sign-in, permissions, middleware, the money filter."""
