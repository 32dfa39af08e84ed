"""What the trait bench holds out where nobody says otherwise; light, so that the terminal's help may name it."""

ALSO = ("ipip_50", "own_big_five")  # asked beyond the test half of the instrument that is optimised on
STATEMENTS = 50  # of each trait at most: more than there are, so none is cut off
