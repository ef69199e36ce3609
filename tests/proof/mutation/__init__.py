"""Small mutations of the code, each tried against the suite: what no test notices is a hole in it."""
