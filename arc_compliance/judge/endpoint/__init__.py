"""The judges of single endpoints: reach, TLS, certificates, WebSocket."""
