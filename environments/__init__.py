"""The simulated platform: data, recommenders, pages, renderers and the site; knows no agent."""
