"""The subcommands of `pincite`, one module each."""
