def killed_process() -> str: return "x"
