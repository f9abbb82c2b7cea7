/** The states of an order, as they are told. */

export const TOLD = {
  placed: "Waits for your payment",
  paid: "Paid, being packed",
  shipped: "On its way",
  delivered: "Delivered",
  cancelled: "Cancelled",
  refunded: "Refunded",
};

/** The way that an order goes if nothing comes between, and what its steps are called. */
export const WAY = { placed: "Placed", paid: "Paid", shipped: "On its way", delivered: "Delivered" };

/** Whether nothing can become of it any more. */
export const isOver = (status) => status === "refunded";
