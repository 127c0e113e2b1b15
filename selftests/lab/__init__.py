"""A lab of real parts: a host, a firewall, a name server and a simulated Azure, apart from all."""
