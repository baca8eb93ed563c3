"""The product under a booted systemd, in a container and in a virtual machine."""
