"""The dashboard: views ask `core` for records and place figures of them."""
