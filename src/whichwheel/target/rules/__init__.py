"""Rules: providers of namespaces that we do not know, written as data rather than code."""
