"""What a delivery pipeline may do in AWS, so that `pulumi up` succeeds and little else."""
