"""Money without a link, link without money: the books beside the gateways."""
