"""What the documents of an organization are filled from: terms, records, reasons."""
