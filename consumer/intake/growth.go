package intake

// growth is how many bytes of memory the records of a broker's answers count for, a byte of the answer. Small
// records are several times as large in memory, compressed ones many times: an answer that is to fit into so
// much memory is asked for in so many bytes less.
type growth float64

// firstGrowth is that of records of 100 bytes, not compressed, of which each takes so many bytes of its
// receiver's memory.
func firstGrowth(receiverBytes int) growth { return growth(300+receiverBytes) / 100 }

// learn takes up what some bytes of an answer became. What takes more than was expected is believed at once,
// what takes less bit by bit.
func (g *growth) learn(read, bytes int) {
	if read == 0 {
		return
	}
	seen := growth(bytes) / growth(read)
	*g = max(1, seen, (3*(*g)+seen)/4)
}

// ask is how many bytes to ask for that become so many in memory.
func (g *growth) ask(bytes int) int { return int(growth(bytes) / *g) }
