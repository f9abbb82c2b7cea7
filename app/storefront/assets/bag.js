/** What the customer has chosen, and what was ordered, kept in this browser. */

const LARGEST_QUANTITY = 100; // of one line, as the API has it

export class Bag extends EventTarget {
  #lines = new Map(read("bag", []));
  #orders = read("orders", []);

  /** [{product, quantity}], in the order of choosing. */
  get lines() {
    return [...this.#lines.values()];
  }

  /** The ids of the orders placed here, the newest first. */
  get orders() {
    return this.#orders;
  }

  get count() {
    return this.lines.reduce((sum, line) => sum + line.quantity, 0);
  }

  get total() {
    return this.lines.reduce((sum, line) => sum + line.quantity * line.product.price_minor, 0);
  }

  /** Change a product's quantity by so many; at none the line is gone. */
  add(product, quantity = 1) {
    const wanted = Math.min((this.#lines.get(product.id)?.quantity ?? 0) + quantity, product.stock, LARGEST_QUANTITY);
    if (wanted > 0) this.#lines.set(product.id, { product, quantity: wanted });
    else this.#lines.delete(product.id);
    this.#changed();
  }

  /** Empty the bag: its content is now this order. */
  ordered(order) {
    this.#lines.clear();
    this.#orders = [order.id, ...this.#orders].slice(0, 5);
    this.#changed();
  }

  #changed() {
    localStorage.setItem("bag", JSON.stringify([...this.#lines]));
    localStorage.setItem("orders", JSON.stringify(this.#orders));
    this.dispatchEvent(new Event("change"));
  }
}

function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}
