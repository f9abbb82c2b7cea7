"""What a delivery pipeline may do in AWS: deploy the stack, publish its storefront, and little else."""
