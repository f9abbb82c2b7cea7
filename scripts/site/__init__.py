"""`blueprint site`: the storefront as browsers and the CDN need it.

`release` gives each asset a name that its content decides; `publishing` brings a release to the bucket,
removes what has long been replaced, and has the CDN forget what has changed.
"""
