"""What goes in and out of the REST API: one model a shape, which validates, writes and describes it."""
