"""How far synthetic interactions may stand in for real ones: beside real against real, and beside a shuffle."""
