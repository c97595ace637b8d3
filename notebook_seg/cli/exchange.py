"""Commands that bring masks from other tools, and take them there."""
