"""One module per way of sending. Each has `open_notifier(options, sender, folder)`."""
