"""The kinds of transmission between neurons: what each draws, keeps and gives to the kernel."""
