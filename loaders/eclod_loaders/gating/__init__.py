"""What rows say together, which thing each is, whether it conforms, and what several registries say as one."""
