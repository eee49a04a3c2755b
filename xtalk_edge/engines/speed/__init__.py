"""What makes voices faster or slower that cannot do it by themselves."""
