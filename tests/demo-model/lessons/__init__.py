"""What the demo model is taught: seeded generators of conversations, from small parts to whole chats."""
