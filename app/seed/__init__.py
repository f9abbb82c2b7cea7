"""Fills the shop: an assortment of 200 products that nobody makes, and a picture of each.

The same every time: names, prices, stock and pictures follow from the tables in `assortment`.
"""
