"""The judges of the host's route out: TCP, HTTPS, port 443, the proxy, private endpoints."""
