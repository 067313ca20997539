"""predict.py: formats of input and output, highlighting; readers that suggest.py and bulk.py use too."""
