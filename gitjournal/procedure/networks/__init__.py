"""What a declared network of Keras means: read, checked, wired, and in canonical form. Imports no Keras."""
