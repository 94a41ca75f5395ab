"""The forwarding unit: a process that carries sound and pictures between more than two people and never decodes them. Knows no Flask."""
