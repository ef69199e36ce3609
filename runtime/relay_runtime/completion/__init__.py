"""What a shell offers at Tab. It loads nothing but the standard library, since it runs at each press of the key."""
