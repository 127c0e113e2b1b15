"""What is read on the host beside the network: one module for each subject."""
