"""/admin/products: changing what the shop sells, for administrators; never cached."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.catalog.editing import Editing
from app.catalog.routes import ProductId
from app.catalog.schemas import EditedProduct, NewProduct, StoredProduct
from app.platform import consistency
from app.platform.consistency import Token
from app.platform.identity import SignedIn
from app.platform.preconditions import Precondition
from app.platform.problems import documented

router = APIRouter(prefix="/admin/products", tags=["catalog administration"])


async def editing(request: Request, response: Response, who: SignedIn) -> Editing:
    """Return the application's editing, for an administrator's answer that nobody keeps."""
    who.require("admin")
    response.headers["cache-control"] = "no-store"
    found: Editing = request.app.state.editing
    return found


Products = Annotated[Editing, Depends(editing)]


@router.post("", status_code=201, responses=documented(401, 403, 409, 422, 503))
async def add_product(new: NewProduct, products: Products, response: Response) -> StoredProduct:
    """Add a product."""
    product, token = await products.add(new)
    response.headers["location"] = f"/admin/products/{product.id}"
    return _told(product, token, response)


@router.get("/{product_id}", responses=documented(401, 403, 404, 422, 503))
async def read_product(product_id: ProductId, products: Products, response: Response) -> StoredProduct:
    """Show a product as it is now; its ETag is what a change must bring."""
    return _told(await products.product(product_id), None, response)


@router.put("/{product_id}", responses=documented(401, 403, 404, 409, 412, 422, 428, 503))
async def edit_product(
    request: Request, product_id: ProductId, edited: EditedProduct, products: Products, response: Response
) -> StoredProduct:
    """Edit a product: `If-Match` must have the ETag of the version that it is based on. Its stock stays."""
    product, token = await products.edit(product_id, edited, Precondition.required(request))
    return _told(product, token, response)


@router.delete("/{product_id}", status_code=204, responses=documented(401, 403, 404, 409, 412, 422, 428, 503))
async def delete_product(
    request: Request, product_id: ProductId, products: Products, response: Response
) -> None:
    """Delete a product: `If-Match` must have its ETag. Orders keep its name and price."""
    consistency.tell(response, await products.delete(product_id, Precondition.required(request)))


def _told(product: StoredProduct, token: Token | None, response: Response) -> StoredProduct:
    response.headers["etag"] = f'"{product.version}"'
    consistency.tell(response, token)
    return product
