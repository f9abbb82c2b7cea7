"""The real AWS provider, run by Terraform against the local AWS: does it take what the program says?"""
