package settle

// Occupy takes the turn and keeps it until it is given back.
func (t *Turns) Occupy() (giveBack func()) {
	t.turn <- struct{}{}
	return func() { <-t.turn }
}
