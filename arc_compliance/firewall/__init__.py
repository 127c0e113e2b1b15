"""What a firewall lets out: allow-lists, and rules that are followed."""
