"""What sells best: counted in Redis as orders are paid, and counted anew from the orders once it is lost."""
