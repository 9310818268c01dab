"""Assistance: asked for, agreed to, used, announced, disputed."""
