"""What watches a running client: logs, the hub guard, the hub's lag, traces."""
