"""The pages of the studio, one file each; each draws with Streamlit what `reading` and `charts` give it."""
