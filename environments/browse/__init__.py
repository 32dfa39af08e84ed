"""Browsing the served site with a real browser; the only package that imports Playwright."""
