"""What a platform team does to a system at work: restores it, changes its code under it, changes its secrets."""
