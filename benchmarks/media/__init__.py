"""What the forwarding unit costs beside its peers, and the light WebRTC peer that asks it."""
