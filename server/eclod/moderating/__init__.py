"""What the operator does with the inbox: see who announces links, let them in, keep them out."""
