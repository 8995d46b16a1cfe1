"""What other places show of a link: codes to scan, cards on other pages, and what chats and editors ask about it."""
