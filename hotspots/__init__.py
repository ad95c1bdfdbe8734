"""Find where and when anti-social behaviour concentrates, and turn it into tasks."""
