"""python export.py [--check] FILE"""

# Your code goes here.
