"""The product in a virtual machine, whose kernel has every cgroup controller."""
