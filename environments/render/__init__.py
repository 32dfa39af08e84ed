"""The renderers: one page drawn as text, as a picture, as HTML or by a browser; knows no platform and no brain."""
