"""AgentCF (arXiv 2310.09233) and AgentCF++ (arXiv 2502.13843): users and items that write down what they learn."""
