"""Values to text, figures and pages."""
