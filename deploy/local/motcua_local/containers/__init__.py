"""The system in containers: an engine, the images, the compose project, and what is said about what they hold."""
